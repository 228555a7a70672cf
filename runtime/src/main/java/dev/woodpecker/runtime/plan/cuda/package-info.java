/** Plans that run on a GPU: their code and constants on the device, and runs in memory of their own there. */
@NullMarked
package dev.woodpecker.runtime.plan.cuda;

import org.jspecify.annotations.NullMarked;
