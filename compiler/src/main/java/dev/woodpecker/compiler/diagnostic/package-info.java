/** What a user is told about a kernel that cannot be compiled: one table of codes. */
@NullMarked
package dev.woodpecker.compiler.diagnostic;

import org.jspecify.annotations.NullMarked;
