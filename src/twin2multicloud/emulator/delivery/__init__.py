"""How an emulated cloud keeps and delivers messages: journal, queues, group commit, durability, meters."""
