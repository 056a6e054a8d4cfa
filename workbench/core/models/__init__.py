"""The models: each one file, each keeping the contract of `base`."""
