"""What a caller experiences next: events in, instructions and facts out, without any input or output."""
