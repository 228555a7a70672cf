package dev.woodpecker.runtime.toolchain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * The processor that code is made for.
 *
 * @param model the name that the processor gives itself
 * @param flags its features in the spelling of {@code /proc/cpuinfo}, sorted
 * @param cores cores that this process may use: affinity, and control group quota rounded down, at least one
 */
public record CpuFeatures(String model, Set<String> flags, CpuCaches caches, CpuQuota quota, int cores) {
    /**
     * Instructions beyond the level that a schedule may ask for.
     *
     * @param flag the kernel's name of it
     * @param option the compiler's, known from {@code gccMajor} and {@code clangMajor} on
     */
    private record Extension(String flag, String option, int gccMajor, int clangMajor) {}

    private static final List<Extension> EXTENSIONS = List.of(
            new Extension("avx512_vnni", "-mavx512vnni", 8, 6),
            new Extension("avx512_bf16", "-mavx512bf16", 10, 9),
            new Extension("avx512_fp16", "-mavx512fp16", 12, 14),
            new Extension("avx_vnni", "-mavxvnni", 11, 12));

    private static final Set<String> AARCH64 = Set.of("asimd", "fp");

    public CpuFeatures {
        flags = Collections.unmodifiableSet(new TreeSet<>(flags));
    }

    /** This machine's processor. */
    public static CpuFeatures ofHost() {
        return Host.FEATURES;
    }

    private static final class Host {
        private static final CpuFeatures FEATURES = read();

        private static CpuFeatures read() {
            String text;
            try {
                text = Files.readString(Path.of("/proc/cpuinfo"));
            } catch (IOException e) {
                text = "";
            }
            CpuQuota quota = CpuQuota.ofProcess();
            // The JVM's count honours the affinity mask; it rounds a quota up, which is one thread too many.
            int cores = quota.wholeCores(Runtime.getRuntime().availableProcessors());
            return parse(text, CpuCaches.read(Path.of("/sys/devices/system/cpu")), quota, cores);
        }
    }

    /** Reads the first processor of {@code cpuinfo}, the text of {@code /proc/cpuinfo}. */
    static CpuFeatures parse(String cpuinfo, CpuCaches caches, CpuQuota quota, int cores) {
        String model = "unknown";
        Set<String> flags = Set.of();
        for (int end, start = 0; start < cpuinfo.length(); start = end + 1) {
            end = cpuinfo.indexOf('\n', start);
            end = end < 0 ? cpuinfo.length() : end;
            String line = cpuinfo.substring(start, end);
            int colon = line.indexOf(':');
            if (line.isBlank()) {
                break;
            } else if (colon < 0) {
                continue;
            }
            String value = line.substring(colon + 1).strip();
            switch (line.substring(0, colon).strip()) {
                case "model name" -> model = value;
                case "flags", "Features" -> flags = new TreeSet<>(List.of(value.split(" ")));
                default -> {}
            }
        }
        return new CpuFeatures(model, flags, caches, quota, cores);
    }

    /** A processor like this one that has what every processor of a level has, and no more. */
    public CpuFeatures atLevel(VectorLevel level) {
        return new CpuFeatures(model, level.flags(), caches, quota, cores);
    }

    /** Any 64-bit ARM processor, for code that is made for another machine than this one. */
    public CpuFeatures asAarch64() {
        return new CpuFeatures("any aarch64", AARCH64, caches, quota, cores);
    }

    /** Whether it is a 64-bit ARM processor: all of these, and no others, say so. */
    public boolean isAarch64() {
        return flags.containsAll(AARCH64);
    }

    public VectorLevel level() {
        return VectorLevel.of(flags);
    }

    /** Bytes of the widest vector register. */
    public int vectorBytes() {
        return level().vectorBytes();
    }

    /** Whether the processor has {@code flag}, in {@code /proc/cpuinfo}'s spelling, as {@code avx512_vnni}. */
    public boolean has(String flag) {
        return flags.contains(flag);
    }

    /** The flags that let a compiler use this processor, the same list for the same features. */
    List<String> compilerFlags(CompilerFamily family, int majorVersion) {
        List<String> result = new ArrayList<>();
        if (isAarch64() && !ofHost().isAarch64()) {
            result.add("--target=aarch64-linux-gnu");
        }
        VectorLevel level = level();
        if (!level.march().isEmpty()) {
            result.add("-march=" + level.march());
        }
        if (level == VectorLevel.AVX512) {
            // Both compilers stop at 256 bits by default, for the clock of processors of 2017.
            result.add("-mprefer-vector-width=512");
        }
        if (level.compareTo(VectorLevel.AVX2) >= 0) {
            for (Extension extension : EXTENSIONS) {
                int since = family == CompilerFamily.GCC ? extension.gccMajor : extension.clangMajor;
                if (flags.contains(extension.flag) && majorVersion >= since) {
                    result.add(extension.option);
                }
            }
        }
        return List.copyOf(result);
    }

    /** One line for people. */
    public String summary() {
        return "%s, %s (%d-bit vectors), %d core%s%s, caches %d KB / %d KB / %d KB"
                .formatted(
                        model,
                        level().name().toLowerCase(Locale.ROOT),
                        vectorBytes() * 8,
                        cores,
                        cores == 1 ? "" : "s",
                        quota.cores().isPresent()
                                ? " (quota %.2f)".formatted(quota.cores().getAsDouble())
                                : "",
                        caches.l1Bytes() >> 10,
                        caches.l2Bytes() >> 10,
                        caches.l3Bytes() >> 10);
    }
}
