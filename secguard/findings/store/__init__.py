"""The cache: findings kept in SQLite, brought up to date, and answered from without AWS."""
