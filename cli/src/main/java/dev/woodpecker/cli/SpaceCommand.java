package dev.woodpecker.cli;

import dev.woodpecker.tuner.TaskArguments;
import dev.woodpecker.tuner.space.SpaceSurvey;
import dev.woodpecker.tuner.task.TuningTask;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wpk space}: what a search of a kernel's schedules chooses from. */
@Command(
        name = "space",
        description =
                "Prints what a search has to choose from: the choices, how many points there are, what is refused.",
        mixinStandardHelpOptions = true,
        footer = {"", "Example:", "  wpk space Conv --shape x=1x64x56x56 --shape w=64x64x3x3 --attr pads=1,1,1,1"})
final class SpaceCommand implements Callable<Integer> {
    @Spec
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private TaskArguments arguments = new TaskArguments();

    @Option(names = "--samples", description = "Points drawn to see what is refused. Default: ${DEFAULT-VALUE}.")
    private int samples = 100;

    @Option(names = "--seed", description = "Of the samples. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = command.commandLine().getOut();
        for (TuningTask task : arguments.tasks()) {
            out.println(task.name() + ", " + task.target().name() + ", "
                    + task.numerics().text());
            SpaceSurvey.of(
                            task,
                            samples,
                            RandomGeneratorFactory.of("L64X128MixRandom").create(seed))
                    .forEach(survey -> print(survey, out));
            out.flush();
        }
        return 0;
    }

    private static void print(SpaceSurvey survey, PrintWriter out) {
        out.printf(Locale.ROOT, "%n  variant %s: %s%n", survey.variant().name(), size(survey.size()));
        for (SpaceSurvey.Choice choice : survey.choices()) {
            String values = choice.values().stream().map(String::valueOf).collect(Collectors.joining(" "));
            out.printf(
                    Locale.ROOT,
                    "    %-28s %s%s%s%n",
                    choice.name(),
                    values,
                    choice.preferred().map(value -> ", by default " + value).orElse(", not in the default"),
                    choice.share() == 1
                            ? ""
                            : String.format(Locale.ROOT, ", in %.0f %% of the samples", 100 * choice.share()));
        }
        int refused =
                survey.refused().stream().mapToInt(SpaceSurvey.Refusal::count).sum();
        out.printf(Locale.ROOT, "    of %d points drawn at random %d are refused%n", survey.sampled(), refused);
        survey.refused().stream()
                .sorted(Comparator.comparingInt(SpaceSurvey.Refusal::count).reversed())
                .forEach(refusal -> out.printf(
                        Locale.ROOT, "    %5d by %s: %s%n", refusal.count(), refusal.by(), refusal.example()));
    }

    private static String size(SpaceSurvey.Size size) {
        if (size.isExact()) {
            return size.points() == 1 ? "1 point" : String.format(Locale.ROOT, "%.0f points", size.points());
        }
        return String.format(
                        Locale.ROOT, size.points() < 1e7 ? "about %.0f points" : "about %.1e points", size.points())
                + ", estimated";
    }
}
