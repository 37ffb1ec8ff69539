"""What an account has: for each type one row that says how it is listed. A new type is a row here."""
