package dev.woodpecker.runtime.plan.binding;

import static java.util.Map.entry;

import java.util.Map;

/** What an operator that is supported cannot do, for its row in {@code docs/operators.md}. */
final class OperatorLimits {
    private static final String SEQUENCE = "sequences inside the graph, whose members are known when the plan is made";
    private static final String STEPS = "at most 4096 steps";

    private static final Map<String, String> TABLE = Map.ofEntries(
            entry("BatchNormalization", "inference: `training_mode` 0"),
            entry("Col2Im", "the shapes of image and block are known before the run"),
            entry("DFT", "the inverse only to real numbers: `onesided` 1"),
            entry("Dropout", "inference: passes everything"),
            entry("GRU", STEPS),
            entry("If", "a condition that is computed ends a part of the plan"),
            entry("LSTM", STEPS),
            entry("LinearAttention", STEPS),
            entry(
                    "Loop",
                    "turns are written out, at most 50000 nodes; a condition that is computed ends a part in each"),
            entry("MaxUnpool", "one to three axes of maps"),
            entry("OptionalGetElement", "of tensors"),
            entry("OptionalHasElement", "of tensors"),
            entry("RNN", STEPS),
            entry("Resize", "`antialias` over the last two of four axes"),
            entry("ConcatFromSequence", SEQUENCE),
            entry("SequenceAt", SEQUENCE),
            entry("SequenceConstruct", SEQUENCE),
            entry("SequenceEmpty", SEQUENCE),
            entry("SequenceErase", SEQUENCE),
            entry("SequenceInsert", SEQUENCE),
            entry("SequenceLength", SEQUENCE),
            entry("SequenceMap", SEQUENCE),
            entry("SplitToSequence", SEQUENCE),
            entry("Scan", "opset 9 and later; turns are written out, at most 50000 nodes"));

    private OperatorLimits() {}

    /** In words; empty where there is nothing to say. */
    static String of(String operator) {
        return TABLE.getOrDefault(operator, "");
    }
}
