/**
 * Matrix products: C[b, m, n] = Σ_k A[b, m, k] · B[b, k, n]. (A separate author is writing this file and everything named
 * contract-* right now; the author of the convolution kernels goes on with conv-* and winograd-*.)
 */
