/** The intermediate representation: element types, expressions, statements, buffers, layouts, and programs of stages. */
@NullMarked
package dev.woodpecker.compiler.ir;

import org.jspecify.annotations.NullMarked;
