package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.DeviceFacts;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The GPU that somebody asked for.
 *
 * @param ordinal of the device
 * @param architecture as {@code sm_80}, whose code is made for a usual device of it; empty for the device's own
 * @param isEmulated whether kernels are to be executed on the processor, slowly, for looking at what they do
 */
public record CudaChoice(int ordinal, Optional<String> architecture, boolean isEmulated) {
    /** What may be written. */
    public static final String FORMS = "cuda, cuda:1 for the second device, cuda:sm_80 for code of that generation,"
            + " cuda:emulated to execute its kernels on the processor";

    private static final Pattern FORM = Pattern.compile("cuda(?::(?:(\\d{1,3})|(sm_\\w+)|(emulated)))?");

    /** The best code that a device of a compute capability runs: cubins run on later devices of one major number. */
    private static Optional<String> architectureOf(int major, int minor) {
        return switch (major) {
            case 7 -> minor >= 5 ? Optional.of("sm_75") : Optional.empty();
            case 8 -> Optional.of("sm_80");
            case 9 -> Optional.of("sm_90a");
            default -> Optional.empty();
        };
    }

    /** Whether a text asks for a GPU at all. */
    public static boolean isCuda(String target) {
        return target.equals("cuda") || target.startsWith("cuda:");
    }

    /** Reads {@code cuda}, {@code cuda:1}, {@code cuda:sm_80} or {@code cuda:emulated}. */
    public static CudaChoice parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no target to run on; allowed: " + FORMS);
        }
        Optional<String> architecture = Optional.ofNullable(form.group(2));
        architecture.ifPresent(name -> Target.parse("cuda:" + name));
        int ordinal = form.group(1) == null ? 0 : Integer.parseInt(form.group(1));
        return new CudaChoice(ordinal, architecture, form.group(3) != null);
    }

    /** Whether a device runs code of an architecture: of its own generation, and none that is newer than it. */
    static boolean runs(String architecture, DeviceFacts device) {
        int wanted = number(architecture);
        return wanted / 10 == device.capabilityMajor()
                && (architecture.endsWith("a") ? wanted == device.capability() : wanted <= device.capability());
    }

    private static int number(String architecture) {
        return Integer.parseInt(architecture.replaceAll("\\D", ""));
    }

    /**
     * Of targets that there is code for, that which suits a device best: the newest generation that it runs.
     *
     * @param names as {@code cuda:sm_80}; others are left alone
     */
    public static Optional<String> best(List<String> names, DeviceFacts device) {
        return names.stream()
                .filter(name -> isCuda(name) && runs(name.substring(name.indexOf(':') + 1), device))
                .max(Comparator.comparingInt(CudaChoice::number));
    }

    /** What {@link #parse} reads as this. */
    public String text() {
        return isEmulated
                ? "cuda:emulated"
                : architecture.map(name -> "cuda:" + name).orElse("cuda:" + ordinal);
    }

    /**
     * What code is made for.
     *
     * @throws CudaException if there is none that the device runs
     */
    Target target(DeviceFacts device) {
        Optional<String> own = architectureOf(device.capabilityMajor(), device.capabilityMinor());
        String name = architecture
                .or(() -> own)
                .orElseThrow(() -> CudaException.missing("no code can be made for " + device.summary()
                        + "; it is made for compute capabilities 7.5, 8.x and 9.0"));
        Target target = Target.parse("cuda:" + name);
        if (!runs(name, device)) {
            throw CudaException.missing("code for " + target.name() + " does not run on " + device.summary() + "; "
                    + own.map(n -> "choose cuda:" + n).orElse("there is no code that does"));
        }
        // Code of a generation is the same on every device of it, so that it can be made on another machine.
        return architecture.isPresent()
                ? target
                : target.with(target.fastBytes(), device.l2Bytes(), device.multiprocessors());
    }
}
