/**
 * The GPU kit: packs what a machine with a GPU, but without Java, Maven and network, needs to measure our kernels beside the
 * vendor's and PyTorch's, and runs it there. See {@code benchmarks/gpu/README.md}.
 */
@NullMarked
package dev.woodpecker.benchmarks.gpu;

import org.jspecify.annotations.NullMarked;
