package dev.woodpecker.cli.bench;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.Vendors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A way to run Woodpecker that has columns of its own in the table.
 *
 * @param name as it is asked for, and the heading of its columns
 * @param jvmOptions of its process
 */
public record Variant(
        String name, String meaning, Numerics numerics, Tuned tuned, Vendors vendors, List<String> jvmOptions) {
    /** Which tuning records it follows. */
    public enum Tuned {
        /** As a user has it: those of the environment and those that come with the class path. */
        AS_INSTALLED,
        /** None at all: default schedules. */
        NONE,
        /** Those that were made for the model. */
        FOR_THE_MODEL
    }

    private static final List<Variant> ALL = List.of(
            of("fp32", "as a user gets it", Numerics.FP32, Tuned.AS_INSTALLED, Vendors.RECORDED),
            of("strict", "sums in axis order", Numerics.STRICT, Tuned.AS_INSTALLED, Vendors.RECORDED),
            of("untuned", "no tuning records, none shipped either", Numerics.FP32, Tuned.NONE, Vendors.RECORDED),
            of("tuned", "records of wpk tune", Numerics.FP32, Tuned.FOR_THE_MODEL, Vendors.RECORDED),
            of("generated", "no kernels of oneDNN", Numerics.FP32, Tuned.AS_INSTALLED, Vendors.NONE),
            of("onednn", "kernels of oneDNN wherever it has one", Numerics.FP32, Tuned.AS_INSTALLED, Vendors.ONLY),
            of("selected", "the faster of both, by timing each", Numerics.FP32, Tuned.AS_INSTALLED, Vendors.ONEDNN),
            of("best", "records of wpk tune or oneDNN, by timing", Numerics.FP32, Tuned.FOR_THE_MODEL, Vendors.ONEDNN));

    private static Variant of(String name, String meaning, Numerics numerics, Tuned tuned, Vendors vendors) {
        return new Variant(name, meaning, numerics, tuned, vendors, List.of());
    }

    /** The names that {@link #named} knows. */
    public static List<String> names() {
        return ALL.stream().map(Variant::name).toList();
    }

    public static Optional<Variant> named(String name) {
        return ALL.stream().filter(variant -> variant.name.equals(name)).findFirst();
    }

    public boolean isTunedForTheModel() {
        return tuned == Tuned.FOR_THE_MODEL;
    }

    /** What its worker runs. */
    WorkerSettings settings(PreparedModel model, int threads, List<String> tunedRecords, String emptyRecords) {
        List<String> records = new ArrayList<>(
                switch (tuned) {
                    case AS_INSTALLED -> List.<String>of();
                    case NONE -> List.of(emptyRecords);
                    case FOR_THE_MODEL -> tunedRecords;
                });
        return new WorkerSettings(
                TimedSystem.Kind.WOODPECKER,
                model.file().toString(),
                model.inputs(),
                threads,
                numerics,
                records,
                tuned != Tuned.NONE,
                vendors,
                false);
    }
}
