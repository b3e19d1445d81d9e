"""What each task asks of a method and how the answer is scored."""
