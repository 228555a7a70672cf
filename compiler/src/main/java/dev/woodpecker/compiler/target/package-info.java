/** What code is generated for: targets with their limits, numerics modes, and the intrinsic table. */
@NullMarked
package dev.woodpecker.compiler.target;

import org.jspecify.annotations.NullMarked;
