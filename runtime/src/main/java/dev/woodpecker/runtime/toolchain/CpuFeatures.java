package dev.woodpecker.runtime.toolchain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
     * @param name the compilers', behind {@code -m}, known from {@code gccMajor} and {@code clangMajor} on
     * @param level below which no processor has it
     * @param ofBytes whether it multiplies and adds up bytes
     */
    private record Extension(
            String flag, String name, VectorLevel level, boolean ofBytes, int gccMajor, int clangMajor) {}

    private static final List<Extension> EXTENSIONS = List.of(
            new Extension("avx512_vnni", "avx512vnni", VectorLevel.AVX512, true, 8, 6),
            new Extension("avx512_bf16", "avx512bf16", VectorLevel.AVX512, false, 10, 9),
            new Extension("avx512_fp16", "avx512fp16", VectorLevel.AVX512, false, 12, 14),
            new Extension("avx_vnni", "avxvnni", VectorLevel.AVX2, true, 11, 12));

    private static final int CACHE_LINE_BYTES = 64;

    /** What schedules for {@link #portable} share work out among. */
    private static final int PORTABLE_CORES = 8;

    private static final String ANY_AARCH64 = "aarch64";

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

    /**
     * A processor like this one that has what every processor of an architecture has, and no more. Instructions that not all
     * of a level have follow behind a plus sign, as the compilers call them: {@code x86-64-v4+avx512vnni}.
     *
     * @return empty if there is no such architecture
     */
    public Optional<CpuFeatures> as(String architecture) {
        if (architecture.equals(ANY_AARCH64)) {
            return Optional.of(asAarch64());
        }
        List<String> names = List.of(architecture.split("\\+", -1));
        Optional<VectorLevel> level = VectorLevel.ofArchitecture(names.getFirst());
        if (level.isEmpty()) {
            return Optional.empty();
        }
        Set<String> all = new TreeSet<>(level.get().flags());
        for (String name : names.subList(1, names.size())) {
            Optional<Extension> extension = EXTENSIONS.stream()
                    .filter(e -> e.name.equals(name) && level.get().compareTo(e.level) >= 0)
                    .findFirst();
            if (extension.isEmpty()) {
                return Optional.empty();
            }
            all.add(extension.get().flag);
        }
        return Optional.of(new CpuFeatures(model, all, caches, quota, cores));
    }

    /**
     * A processor of the level that nearly all of this kind have, of no particular caches and cores: code for it is the same
     * wherever it is made.
     */
    public CpuFeatures portable() {
        CpuFeatures any =
                isAarch64() ? asAarch64() : level().compareTo(VectorLevel.AVX2) > 0 ? atLevel(VectorLevel.AVX2) : this;
        return new CpuFeatures(
                "any " + any.level().architecture(),
                any.isAarch64() ? AARCH64 : any.level().flags(),
                new CpuCaches(0, 0, 0, CACHE_LINE_BYTES),
                new CpuQuota(OptionalDouble.empty()),
                PORTABLE_CORES);
    }

    /** The architecture of this processor with all that {@link #as} has names for, as {@code x86-64-v4+avx512vnni}. */
    public String architecture() {
        return architecture(_ -> true);
    }

    /** The same without extensions but one for products of bytes, if it has one. */
    public String architectureForBytes() {
        Optional<Extension> best = extensions().filter(Extension::ofBytes).findFirst();
        return architecture(extension -> best.filter(extension::equals).isPresent());
    }

    private String architecture(Predicate<Extension> named) {
        return isAarch64()
                ? ANY_AARCH64
                : Stream.concat(
                                Stream.of(level().architecture()),
                                extensions().filter(named).map(Extension::name))
                        .collect(Collectors.joining("+"));
    }

    private Stream<Extension> extensions() {
        return EXTENSIONS.stream()
                .filter(extension -> flags.contains(extension.flag) && level().compareTo(extension.level) >= 0);
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
                    result.add("-m" + extension.name);
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
