"""zhdeals: Chinese tech news to deal records, every value traceable to the words it came from."""
