"""The task layer held against the real lm-eval: data made for every YAML, one model that both sides ask, the comparison."""
