"""What findings have in common: insights of Security Hub and of secguard."""
