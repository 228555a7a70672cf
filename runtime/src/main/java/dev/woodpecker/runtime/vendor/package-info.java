/** What a vendor's library could compute instead of a generated kernel: patterns of programs, free of any library. */
@NullMarked
package dev.woodpecker.runtime.vendor;

import org.jspecify.annotations.NullMarked;
