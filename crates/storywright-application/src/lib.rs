//! Use cases of Storywright over the ports of the domain.
