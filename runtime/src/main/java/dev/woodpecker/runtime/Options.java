package dev.woodpecker.runtime;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.plan.cuda.CudaChoice;
import dev.woodpecker.runtime.records.Records;
import dev.woodpecker.runtime.toolchain.Environment;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How a model is loaded and run.
 *
 * <p>{@snippet :
 * Model.load(file, Options.defaults().withThreads(4).withDimension("batch", 1));
 * }
 *
 * @param threads that share a kernel's work, the caller included; 0 for the pool that all models share, of one thread a
 *     core that the process may use ({@code WPK_THREADS} changes that)
 * @param numerics what kernels may do to the order of sums: {@code STRICT} or {@code FP32}. On a GPU also {@code TF32}, with
 *     factors of 10 bits, and {@code FP16} and {@code BF16}, with values between kernels and weights of 16 bits and sums of
 *     32; inputs and outputs keep the model's types
 * @param memoryLimitBytes the most that a model's values may take in all; 0 for what the machine has. Where weights and
 *     values together would take more, kernels are computed by algorithms whose weights take less, if slower
 * @param compiler as {@code WPK_CC} names it: {@code auto}, {@code gcc}, {@code clang}, {@code bundled} or a path
 * @param cacheDirectory for compiled kernels; empty for that of the environment ({@code WPK_CACHE})
 * @param records files of tuning records to look kernels up in; empty for those of the environment ({@code WPK_RECORDS},
 *     else the cache's)
 * @param shippedRecords whether the records that come with the class path are used where those have none
 * @param dimensions extents of the model's symbolic dimensions, by name; others are those of the inputs of a run
 * @param trust which plan files' native code may be run
 * @param vendors whether kernels of a vendor's library run in the place of generated ones
 * @param target the GPU to run on, as {@link #withTarget} takes it; empty for the processor
 */
public record Options(
        int threads,
        Numerics numerics,
        long memoryLimitBytes,
        Optional<String> compiler,
        Optional<Path> cacheDirectory,
        List<Path> records,
        boolean shippedRecords,
        Map<String, Integer> dimensions,
        PlanTrust trust,
        Vendors vendors,
        Optional<String> target) {
    public Options {
        if (threads < 0 || memoryLimitBytes < 0) {
            throw new IllegalArgumentException("threads " + threads + ", memory limit " + memoryLimitBytes + " bytes");
        }
        if (numerics == Numerics.INT8) {
            throw new IllegalArgumentException(
                    "numerics int8; allowed: strict, fp32, and on a GPU tf32, fp16, bf16. Models of 8 bits say so"
                            + " themselves, by their operators");
        }
        if (target.isPresent()) {
            CudaChoice.parse(target.get());
        }
        records = List.copyOf(records);
        dimensions = Collections.unmodifiableMap(new LinkedHashMap<>(dimensions));
    }

    public static Options defaults() {
        return new Options(
                0,
                Numerics.FP32,
                0,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                true,
                Map.of(),
                PlanTrust.NONE,
                Vendors.RECORDED,
                Optional.empty());
    }

    public Options withThreads(int newThreads) {
        return with(draft -> draft.threads = newThreads);
    }

    public Options withNumerics(Numerics newNumerics) {
        return with(draft -> draft.numerics = newNumerics);
    }

    public Options withMemoryLimit(long bytes) {
        return with(draft -> draft.memoryLimitBytes = bytes);
    }

    public Options withCompiler(String newCompiler) {
        return with(draft -> draft.compiler = Optional.of(newCompiler));
    }

    public Options withCacheDirectory(Path directory) {
        return with(draft -> draft.cacheDirectory = Optional.of(directory));
    }

    /** Looks tuned kernels up in these files and in no others but those of the class path. */
    public Options withRecords(Path... files) {
        return with(draft -> draft.records = List.of(files));
    }

    /** Leaves out the records that come with the class path. */
    public Options withoutShippedRecords() {
        return with(draft -> draft.shippedRecords = false);
    }

    /** Fixes a symbolic dimension. */
    public Options withDimension(String name, int extent) {
        Map<String, Integer> changed = new LinkedHashMap<>(dimensions);
        changed.put(name, extent);
        return with(draft -> draft.dimensions = changed);
    }

    /** Lets the native code of the plan file of this digest be run, as {@code wpk build} printed it. */
    public Options trustPlan(String digest) {
        return withTrust(trust.and(digest));
    }

    /** Lets the native code of plan files be run that were signed with the private key of this Ed25519 key. */
    public Options trustKey(PublicKey key) {
        return withTrust(trust.and(key));
    }

    private Options withTrust(PlanTrust newTrust) {
        return with(draft -> draft.trust = newTrust);
    }

    /** Says whether kernels of a vendor's library may run, and whether they are timed. */
    public Options withVendors(Vendors newVendors) {
        return with(draft -> draft.vendors = newVendors);
    }

    /**
     * Runs the model on a GPU, and on nothing else: loading a model fails where there is none.
     *
     * @param newTarget {@code cuda}, {@code cuda:1} for the second device, {@code cuda:sm_80} for code of that generation,
     *     {@code cuda:emulated} to execute the same kernels on the processor, slowly and with every access checked;
     *     {@code cpu} for the processor
     * @throws IllegalArgumentException if it is none of these
     */
    public Options withTarget(String newTarget) {
        return with(draft -> draft.target = newTarget.equals("cpu") ? Optional.empty() : Optional.of(newTarget));
    }

    /**
     * What loading a model checks first.
     *
     * @throws IllegalArgumentException if the numerics are a GPU's and the target is the processor, or the vendor a
     *     processor's and the target a GPU
     */
    public void checkTarget() {
        if (numerics.needsGpu() && target.isEmpty()) {
            throw new IllegalArgumentException("numerics " + numerics.text()
                    + " are for a GPU, and the target is the processor; choose a target, " + CudaChoice.FORMS
                    + ", or the numerics strict or fp32");
        }
        if (vendors == Vendors.ONEDNN && target.isPresent()) {
            throw new IllegalArgumentException("oneDNN is for processors, and the target is " + target.get()
                    + "; choose the vendors auto, for cuDNN and cuBLASLt");
        }
    }

    /** The process's environment with what these options say instead. */
    Environment environment() {
        Map<String, String> variables = new HashMap<>(Environment.ofProcess().variables());
        if (compiler.isPresent()) {
            variables.put("WPK_CC", compiler.get());
        }
        if (cacheDirectory.isPresent()) {
            variables.put("WPK_CACHE", cacheDirectory.get().toString());
        }
        return new Environment(variables);
    }

    /** What these options let kernels be looked up in. */
    Records tuningRecords() {
        return Records.of(records.isEmpty() ? Records.filesToRead(environment()) : records, shippedRecords);
    }

    private Options with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.options();
    }

    /** Options of which one is about to be another. */
    private static final class Draft {
        private int threads;
        private Numerics numerics;
        private long memoryLimitBytes;
        private Optional<String> compiler;
        private Optional<Path> cacheDirectory;
        private List<Path> records;
        private boolean shippedRecords;
        private Map<String, Integer> dimensions;
        private PlanTrust trust;
        private Vendors vendors;
        private Optional<String> target;

        private Draft(Options options) {
            this.threads = options.threads;
            this.numerics = options.numerics;
            this.memoryLimitBytes = options.memoryLimitBytes;
            this.compiler = options.compiler;
            this.cacheDirectory = options.cacheDirectory;
            this.records = options.records;
            this.shippedRecords = options.shippedRecords;
            this.dimensions = options.dimensions;
            this.trust = options.trust;
            this.vendors = options.vendors;
            this.target = options.target;
        }

        private Options options() {
            return new Options(
                    threads,
                    numerics,
                    memoryLimitBytes,
                    compiler,
                    cacheDirectory,
                    records,
                    shippedRecords,
                    dimensions,
                    trust,
                    vendors,
                    target);
        }
    }
}
