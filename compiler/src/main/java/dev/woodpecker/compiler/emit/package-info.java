/** Lowered kernels as source text: one printer, dialects as data, and the ABI that kernels are called by. */
@NullMarked
package dev.woodpecker.compiler.emit;

import org.jspecify.annotations.NullMarked;
