"""Questions the product answers, one module per noun: typed in, typed out, SQL beside the function that runs it."""
