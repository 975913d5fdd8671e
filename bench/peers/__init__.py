"""Other libraries, each as a short, idiomatic program, to be measured beside ours."""
