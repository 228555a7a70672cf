package dev.woodpecker.compiler.target;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A machine to generate code for. Capacities are per core on a CPU and per block or multiprocessor on a GPU.
 *
 * @param name how it is written on a command line: {@code cpu:x86-64-v4}, {@code cuda:sm_80}
 * @param vectorBytes the widest vector register; 0 where threads are scalar
 * @param vectorRegisters how many of them there are
 * @param fastBytes CPU: level-1 data cache; CUDA: shared memory a block may use, over 48 kB of it by opting in
 * @param nearBytes CPU: level-2 cache; CUDA: level-2 cache of the device
 * @param units CPU: cores; CUDA: multiprocessors
 */
public record Target(
        String name, Device device, int vectorBytes, int vectorRegisters, long fastBytes, long nearBytes, int units) {
    /** The kind of machine, which decides dialect and binding. */
    public enum Device {
        CPU,
        CUDA
    }

    private static final Map<String, Target> KNOWN = new TreeMap<>(Map.of(
            "cpu:x86-64-v4", new Target("cpu:x86-64-v4", Device.CPU, 64, 32, 32 << 10, 1 << 20, 1),
            "cpu:x86-64-v3", new Target("cpu:x86-64-v3", Device.CPU, 32, 16, 32 << 10, 512 << 10, 1),
            "cpu:x86-64-v2", new Target("cpu:x86-64-v2", Device.CPU, 16, 16, 32 << 10, 256 << 10, 1),
            "cpu:aarch64", new Target("cpu:aarch64", Device.CPU, 16, 32, 64 << 10, 512 << 10, 1),
            "cuda:sm_75", new Target("cuda:sm_75", Device.CUDA, 0, 0, 64 << 10, 4 << 20, 40),
            "cuda:sm_80", new Target("cuda:sm_80", Device.CUDA, 0, 0, 163 << 10, 40 << 20, 108),
            "cuda:sm_90a", new Target("cuda:sm_90a", Device.CUDA, 0, 0, 227 << 10, 50 << 20, 132)));

    /** The target of this name. */
    public static Target parse(String name) {
        Target target = KNOWN.get(name);
        if (target == null) {
            throw new IllegalArgumentException(
                    "unknown target '" + name + "'; known: " + String.join(", ", KNOWN.keySet()));
        }
        return target;
    }

    public boolean isCuda() {
        return device == Device.CUDA;
    }

    /** The part after the colon: {@code x86-64-v4}, {@code sm_80}. */
    public String architecture() {
        return name.substring(name.indexOf(':') + 1);
    }

    /** Of a GPU the generation: {@code 80} for {@code cuda:sm_80}; else 0. */
    public int capability() {
        return isCuda() ? Integer.parseInt(architecture().replaceAll("\\D", "")) : 0;
    }

    /** How many elements of {@code bytes} each fill a vector register; at least 1. */
    public int lanes(int bytes) {
        return Math.max(1, vectorBytes / bytes);
    }

    /** This target with the sizes of a machine at hand. */
    public Target with(long newFastBytes, long newNearBytes, int newUnits) {
        return new Target(name, device, vectorBytes, vectorRegisters, newFastBytes, newNearBytes, newUnits);
    }

    /** The known target of this name, if it is one. */
    public static Optional<Target> find(String name) {
        return Optional.ofNullable(KNOWN.get(name));
    }
}
