/** From a program and a trace to phases of loops ready to print: one pass a file, listed in {@code Lowering}. */
@NullMarked
package dev.woodpecker.compiler.lower;

import org.jspecify.annotations.NullMarked;
