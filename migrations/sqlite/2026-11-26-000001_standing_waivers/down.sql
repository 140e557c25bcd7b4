DROP TABLE standing_waivers;
