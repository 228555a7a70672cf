/** The surface level: kernels as the Java method wrote them, free of shapes, and their specialisation into programs. */
@NullMarked
package dev.woodpecker.compiler.expr;

import org.jspecify.annotations.NullMarked;
