"""GuardDuty and Security Hub: what is on, what should be on, and the plan between."""
