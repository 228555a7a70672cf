package dev.woodpecker.runtime.plan.kernel;

import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.TraceJson;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.Source;
import java.lang.System.Logger.Level;
import java.util.function.BiConsumer;

/**
 * What {@code WPK_DEBUG} asks to be told about kernels, by {@link System.Logger}: from 1 on one line for each that has run,
 * from 2 on its expression and trace, from 3 on its loop nest after each pass that changed it, from 4 on its source.
 */
public final class KernelLog {
    /** Found when there is something to say: looking for a logger takes 30 ms of a start. */
    private static final class Log {
        private static final System.Logger LOGGER = System.getLogger("dev.woodpecker.kernels");
    }

    private final int level;

    private KernelLog(int level) {
        this.level = level;
    }

    public static KernelLog of(Environment environment) {
        String text = environment.get("WPK_DEBUG").orElse("0").strip();
        return new KernelLog(text.equals("0") ? 0 : text.matches("\\d{1,3}") ? Integer.parseInt(text) : 1);
    }

    /** Whether runs are told about. */
    public boolean showsRuns() {
        return level >= 1;
    }

    /** Whether it is told how kernels come to be. */
    boolean showsSchedules() {
        return level >= 2;
    }

    /** A line about a kernel that has run. */
    public void run(String line) {
        Log.LOGGER.log(Level.INFO, line);
    }

    void scheduled(KernelKey key, Trace trace) {
        if (level >= 2) {
            StringBuilder text = new StringBuilder(IrText.of(key.program()));
            key.layouts()
                    .forEach((String tensor, LayoutMap layout) -> text.append("    ")
                            .append(tensor)
                            .append(" as ")
                            .append(layout.text())
                            .append('\n'));
            Log.LOGGER.log(Level.INFO, text + TraceJson.print(trace));
        }
    }

    /** Is shown what each pass makes of a kernel's phases. */
    BiConsumer<String, Stmt> passes(String kernel) {
        if (level < 3) {
            return (pass, nest) -> {};
        }
        String[] last = {""};
        return (pass, nest) -> {
            String text = IrText.of(nest);
            if (!text.equals(last[0])) {
                last[0] = text;
                Log.LOGGER.log(Level.INFO, kernel + " after " + pass + ":\n" + text);
            }
        };
    }

    void printed(Source source) {
        if (level >= 4) {
            Log.LOGGER.log(Level.INFO, source.name() + ", " + source.options() + ":\n" + source.text());
        }
    }
}
