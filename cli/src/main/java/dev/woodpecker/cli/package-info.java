/** The command line {@code wpk}: one class a command. */
@NullMarked
package dev.woodpecker.cli;

import org.jspecify.annotations.NullMarked;
