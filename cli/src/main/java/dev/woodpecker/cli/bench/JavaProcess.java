package dev.woodpecker.cli.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Another JVM like this one: the same Java, the same class path. */
public final class JavaProcess {
    /**
     * What every JVM here is started with, as the launcher does. The serial collector has no threads that would disturb what
     * is timed; the heap begins small, and what malloc keeps is given back, so that memory that is in use is seen.
     */
    private static final List<String> OPTIONS = List.of(
            "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Xms16m", "-XX:TrimNativeHeapInterval=500");

    private JavaProcess() {}

    /**
     * A process that is not started yet. The class path goes by the environment: ONNX Runtime's library crashes in a process
     * whose command line is some ten thousand characters long.
     */
    public static ProcessBuilder of(String mainClass, List<String> jvmOptions, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(OPTIONS);
        command.addAll(jvmOptions);
        command.add(mainClass);
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        return builder;
    }
}
