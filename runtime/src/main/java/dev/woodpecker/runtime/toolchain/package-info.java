/**
 * What the machine offers, and how source text becomes binaries on it: processor features, C compilers (found, or
 * brought by Maven), and the content-addressed cache that keeps what they make.
 */
@NullMarked
package dev.woodpecker.runtime.toolchain;

import org.jspecify.annotations.NullMarked;
