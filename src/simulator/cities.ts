/** A city of the simulated world. The UTC offset is the standard one: the simulation knows no summer time. */
export type City = {
  readonly name: string;
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly utcOffsetMinutes: number;
};

const ROWS = `
Paris FR 48.857 2.352 60
London GB 51.507 -0.128 0
Berlin DE 52.520 13.405 60
Madrid ES 40.417 -3.704 60
Rome IT 41.903 12.496 60
Amsterdam NL 52.368 4.904 60
Warsaw PL 52.230 21.012 60
Brussels BE 50.850 4.352 60
Lisbon PT 38.722 -9.139 0
Vienna AT 48.208 16.374 60
Munich DE 48.135 11.582 60
Lyon FR 45.764 4.836 60
Barcelona ES 41.385 2.173 60
Milan IT 45.464 9.190 60
Hamburg DE 53.551 9.994 60
Manchester GB 53.481 -2.242 0
Dublin IE 53.350 -6.260 0
Stockholm SE 59.329 18.069 60
Copenhagen DK 55.676 12.568 60
Oslo NO 59.914 10.752 60
Helsinki FI 60.170 24.938 120
Zurich CH 47.377 8.542 60
Prague CZ 50.076 14.438 60
Budapest HU 47.498 19.040 60
Bucharest RO 44.427 26.102 120
Athens GR 37.984 23.728 120
Sofia BG 42.698 23.322 120
Istanbul TR 41.008 28.978 180
Kyiv UA 50.450 30.523 120
New_York US 40.713 -74.006 -300
Chicago US 41.878 -87.630 -360
Dallas US 32.777 -96.797 -360
Denver US 39.739 -104.990 -420
Los_Angeles US 34.052 -118.244 -480
Miami US 25.762 -80.192 -300
Toronto CA 43.653 -79.383 -300
Vancouver CA 49.283 -123.121 -480
Mexico_City MX 19.433 -99.133 -360
Bogota CO 4.711 -74.072 -300
Lima PE -12.046 -77.043 -300
Sao_Paulo BR -23.551 -46.633 -180
Buenos_Aires AR -34.604 -58.382 -180
Santiago CL -33.449 -70.669 -240
Cairo EG 30.044 31.236 120
Casablanca MA 33.573 -7.590 60
Lagos NG 6.524 3.379 60
Nairobi KE -1.292 36.822 180
Johannesburg ZA -26.204 28.047 120
Dubai AE 25.205 55.271 240
Tel_Aviv IL 32.085 34.782 120
Mumbai IN 19.076 72.878 330
Delhi IN 28.614 77.209 330
Bangkok TH 13.756 100.502 420
Singapore SG 1.352 103.820 480
Jakarta ID -6.209 106.846 420
Manila PH 14.600 120.984 480
Hong_Kong HK 22.320 114.169 480
Shanghai CN 31.230 121.474 480
Seoul KR 37.567 126.978 540
Tokyo JP 35.676 139.650 540
Sydney AU -33.869 151.209 600
Auckland NZ -36.848 174.763 720`;

function cityOfRow(row: string): City {
  const [name = '', country = '', latitude = '', longitude = '', offset = ''] = row.split(' ');
  return {
    name: name.replaceAll('_', ' '),
    country,
    latitude: Number(latitude),
    longitude: Number(longitude),
    utcOffsetMinutes: Number(offset),
  };
}

/** Real cities with their centre in degrees; the first ones are where a small population lives. */
export const CITIES: readonly City[] = ROWS.trim().split('\n').map(cityOfRow);
