"""The event dictionary that is delivered: classes, filing conditions, departments, duty rules. Project definitions, not an official text."""
