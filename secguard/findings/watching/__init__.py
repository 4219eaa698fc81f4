"""What is new and what got worse, as it comes."""
