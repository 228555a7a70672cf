/** The README's programs. What is between the lines {@code begin} and {@code end} is what it shows. */
@NullMarked
package dev.woodpecker.examples;

import org.jspecify.annotations.NullMarked;
