"""Every cloud function, once and pure: messages + ports -> result. Must not know a cloud, a socket or a disk."""
