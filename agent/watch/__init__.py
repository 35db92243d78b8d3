"""What the agent looks out for while ranks run: steps that stop coming. `rhythm` knows when that is, `stacks` what each
rank was doing, `guilt` which one it was, and `hang` puts them together."""
