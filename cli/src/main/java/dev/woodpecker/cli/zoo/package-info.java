/** Models of standard architectures with seeded weights: real graphs to run and measure, without anyone's files. */
@NullMarked
package dev.woodpecker.cli.zoo;

import org.jspecify.annotations.NullMarked;
