"""What a user would write or take instead of this project, to be measured beside it."""
