/** oneDNN, when {@code org.bytedeco:dnnl} is on the class path: its C API by {@code java.lang.foreign}. */
@NullMarked
package dev.woodpecker.runtime.vendor.onednn;

import org.jspecify.annotations.NullMarked;
