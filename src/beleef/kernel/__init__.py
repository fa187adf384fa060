"""What everything else rests on: errors, identifiers and time. It knows no slice, no store and no protocol."""
