"""improve: choose, label, train, judge and again, until a group is predicted well enough or the budget is spent."""
