/** The forms that a kernel has on its way to native code, and its figures. */
@NullMarked
package dev.woodpecker.cli.emit;

import org.jspecify.annotations.NullMarked;
