/** From what a command line says about a kernel to the texts that it becomes. */
@NullMarked
package dev.woodpecker.cli.emit;

import org.jspecify.annotations.NullMarked;
