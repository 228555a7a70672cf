/** Kernels by the names, shapes and attributes that people give them on a command line. */
@NullMarked
package dev.woodpecker.runtime.call;

import org.jspecify.annotations.NullMarked;
