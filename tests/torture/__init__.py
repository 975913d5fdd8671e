"""The torture: a storm of faults over the running lab, and a checker that knows what everybody had to hear."""
