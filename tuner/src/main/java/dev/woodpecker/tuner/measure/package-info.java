/** Times candidates in processes of their own, and checks what they compute. */
@NullMarked
package dev.woodpecker.tuner.measure;

import org.jspecify.annotations.NullMarked;
