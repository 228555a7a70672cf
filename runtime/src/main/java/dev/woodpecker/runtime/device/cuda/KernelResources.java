package dev.woodpecker.runtime.device.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What one kernel takes of a multiprocessor, as the PTX assembler reports it.
 *
 * @param registers of each thread
 * @param sharedBytes of each block: what the kernel declares, and what a launch gives where that was added
 * @param stackBytes of each thread, in local memory
 */
public record KernelResources(
        String kernel, int registers, long sharedBytes, long stackBytes, long spillStoreBytes, long spillLoadBytes) {
    private static final Pattern ENTRY = Pattern.compile("Compiling entry function '([^']+)'");
    private static final Pattern STACK =
            Pattern.compile("(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads");
    private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");
    private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");

    /** With the shared memory that a launch gives, of which the assembler does not know. */
    public KernelResources withDynamicShared(long bytes) {
        return new KernelResources(kernel, registers, sharedBytes + bytes, stackBytes, spillStoreBytes, spillLoadBytes);
    }

    /** Whether values that should be in registers lie in memory. */
    public boolean spills() {
        return spillStoreBytes + spillLoadBytes > 0;
    }

    /**
     * Reads the verbose log of ptxas or of its library, which says for each kernel three lines: which, its stack, its
     * registers and memory.
     */
    static List<KernelResources> parse(String log) {
        List<KernelResources> all = new ArrayList<>();
        String kernel = "";
        long[] stack = {0, 0, 0};
        for (String line : log.lines().toList()) {
            Matcher entry = ENTRY.matcher(line);
            Matcher frame = STACK.matcher(line);
            Matcher registers = REGISTERS.matcher(line);
            if (entry.find()) {
                kernel = entry.group(1);
            } else if (frame.find()) {
                for (int i = 0; i < stack.length; i++) {
                    stack[i] = Long.parseLong(frame.group(i + 1));
                }
            } else if (registers.find() && !kernel.isEmpty()) {
                Matcher shared = SHARED.matcher(line);
                long sharedBytes = shared.find() ? Long.parseLong(shared.group(1)) : 0;
                all.add(new KernelResources(
                        kernel, Integer.parseInt(registers.group(1)), sharedBytes, stack[0], stack[1], stack[2]));
                kernel = "";
            }
        }
        return List.copyOf(all);
    }
}
