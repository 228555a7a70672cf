package dev.woodpecker.cli;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.Options;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code --target} of the commands that run models. */
final class TargetOption {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    @Option(
            names = "--target",
            paramLabel = "TARGET",
            description =
                    "Where it runs: cpu, cuda (a GPU), cuda:1 (the second), cuda:sm_80 (code of that generation), or"
                            + " cuda:emulated (the GPU's kernels executed on the processor, slowly). Default:"
                            + " ${DEFAULT-VALUE}.")
    private String target = "cpu";

    Options in(Options options, Numerics numerics) {
        Options there = checked("--target", () -> options.withTarget(target));
        return checked("--numerics", () -> {
            Options chosen = there.withNumerics(numerics);
            chosen.checkTarget();
            return chosen;
        });
    }

    private Options checked(String option, Supplier<Options> options) {
        try {
            return options.get();
        } catch (IllegalArgumentException wrong) {
            throw new ParameterException(command.commandLine(), option + ": " + wrong.getMessage(), wrong);
        }
    }
}
