/** Kernels of a plan, from program to loaded native code; each program of one shape and layout is compiled once. */
@NullMarked
package dev.woodpecker.runtime.plan.kernel;

import org.jspecify.annotations.NullMarked;
