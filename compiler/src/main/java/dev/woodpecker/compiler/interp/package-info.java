/** The living definition: runs programs of stages and loop trees as they are written, and complains about what no kernel may do. */
@NullMarked
package dev.woodpecker.compiler.interp;

import org.jspecify.annotations.NullMarked;
